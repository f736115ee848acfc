import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { STAGE_SETTING_DEFAULTS } from '../stage-settings.ts';
import { type Form, FormBroken, type FormLimits, FormPartTooLarge, receiveForm, renderForm } from './form-body.ts';
import { hasTooLargeBody, MAX_INVOCATION_BYTES } from './http-body.ts';
import type { ReceivedFiles } from './s3-received.ts';

/** The most of one part of a form. */
export interface FormSizes {
  readonly MAX_SOURCE_BYTES: number;
  readonly MAX_CERTS_BYTES: number;
  readonly MAX_RESULT_BYTES: number;
}

const MIB = 1024 ** 2;
/** What the controllers took that this one replaces. */
export const FORM_SIZES: FormSizes = {
  MAX_SOURCE_BYTES: 500 * MIB,
  MAX_CERTS_BYTES: STAGE_SETTING_DEFAULTS.MAX_CERTS_BYTES,
  MAX_RESULT_BYTES: 1024 * MIB,
};

/** The part that is stored on its way, by the function that is to get the form. */
const STORED: Readonly<Record<string, { readonly part: string; readonly limit: keyof FormSizes }>> = {
  'api/submit-build': { part: 'source', limit: 'MAX_SOURCE_BYTES' },
  'api/finish-build': { part: 'result', limit: 'MAX_RESULT_BYTES' },
  'api/upload-artifact': { part: 'artifact', limit: 'MAX_RESULT_BYTES' },
};

/** Signing certificates and profiles: small, and read by the function. */
const INLINE = ['certs', 'profile'];

/** As base64 and with the rest of the event, it fits into an invocation. */
const SMALL_BYTES = Math.floor((MAX_INVOCATION_BYTES - 64 * 1024) * 0.75);
/** Boundaries, headers and fields. */
const FRAME_BYTES = 4 * MIB;

export interface LargeForms {
  /** Whether a request brings a form that a Lambda could not take, to a function that takes it here. */
  isFor(file: string, request: IncomingMessage): boolean;
  /** Why it may not send its body, by what it says of its length. */
  refusal(file: string, request: IncomingMessage): FormRefusal | undefined;
  /** Takes the body. What `use` was given is discarded after it, but for what the function has adopted. */
  take<T>(file: string, request: IncomingMessage, use: (form: TakenForm) => Promise<T>): Promise<T | FormRefusal>;
}

export interface FormRefusal {
  readonly refused: true;
  readonly status: 400 | 413;
  readonly code: 'invalid_request' | 'payload_too_large';
  readonly text: string;
}

/** For the event: `received` beside it, and the rest of the form as its body. */
interface TakenForm {
  readonly received: Form['received'];
  readonly contentType: string;
  readonly body: Buffer;
}

/** Forms beyond what fits into an invocation: their files go to the embedded store while they come in. */
export function createLargeForms(files: ReceivedFiles, sizes: FormSizes): LargeForms {
  const limitsOf = (file: string): FormLimits => {
    const stored = STORED[file];
    return {
      stored: stored ? { [stored.part]: sizes[stored.limit] } : {},
      inline: INLINE,
      inlineBytes: sizes.MAX_CERTS_BYTES,
    };
  };

  function tooLarge(part: string, maxBytes: number): FormRefusal {
    const setting = Object.values(STORED).find((stored) => stored.part === part)?.limit ?? 'MAX_CERTS_BYTES';
    const name = { MAX_SOURCE_BYTES: 'Source', MAX_CERTS_BYTES: 'Certs', MAX_RESULT_BYTES: 'Result' }[setting];
    const text = `${name} file too large: the limit is ${maxBytes} bytes (${setting})`;
    return { refused: true, status: 413, code: 'payload_too_large', text };
  }

  return {
    isFor(file, { headers }) {
      if (!(file in STORED) || !/^multipart\/form-data\b/i.test(headers['content-type'] ?? '')) return false;
      const length = headers['content-length'];
      return length === undefined || Number(length) > SMALL_BYTES;
    },

    refusal(file, request) {
      const { stored, inlineBytes } = limitsOf(file);
      const [[part, maxBytes] = ['', 0]] = Object.entries(stored);
      const most = maxBytes + 2 * inlineBytes + FRAME_BYTES;
      return hasTooLargeBody(request, most) ? tooLarge(part, maxBytes) : undefined;
    },

    async take(file, request, use) {
      let form: Form;
      try {
        form = await receiveForm(request, files, limitsOf(file));
      } catch (error) {
        if (error instanceof FormPartTooLarge) return tooLarge(error.part, error.maxBytes);
        if (error instanceof FormBroken)
          return { refused: true, status: 400, code: 'invalid_request', text: error.message };
        throw error;
      }
      try {
        const boundary = randomBytes(16).toString('hex');
        const contentType = `multipart/form-data; boundary=${boundary}`;
        return await use({ received: form.received, contentType, body: renderForm(form, boundary) });
      } finally {
        for (const received of Object.values(form.received)) await files.discard(received);
      }
    },
  };
}
