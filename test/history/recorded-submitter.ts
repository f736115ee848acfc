import { randomBytes } from 'node:crypto';
import type { Dice } from './dice.ts';
import type { Outcome } from './history.ts';
import { type Answer, type Http, insist, newName, type Recorder } from './recorder.ts';
import { announceUpload, put, sha256Of, type Upload } from './recorded-uploads.ts';

/** Fields and files of a submit's form, beside the source. */
export type Asks = Readonly<Record<string, string | File>>;

/** How a source comes; `stream`: in a form that does not say how long it is. */
export type Way = 'form' | 'stream' | 'upload';

/** How sources come. */
export interface Ways {
  readonly dice: Dice;
  /** The share of them that is uploaded before its submit; the others come with it, in a form. */
  readonly uploaded: number;
  /** The share of the uploads of which other bytes than announced are sent first. */
  readonly mistaken: number;
}

interface Submission {
  /** The idempotency key: each sending of one submit has the same. */
  readonly name: string;
  readonly bytes: Buffer;
  readonly fields: Asks;
}

/** Submits under idempotency keys, and again once it can be done. */
export function recordedSubmitter(http: Http, recorder: Recorder, { dice, uploaded, mistaken }: Ways) {
  const { key, request } = http;
  const { record } = recorder;
  /** What nobody acknowledged; each sends it again. */
  const open: (() => Promise<Outcome | undefined>)[] = [];

  const headersOf = ({ name }: Submission) => ({ ...key, 'idempotency-key': name });

  const recordSubmit = ({ name, bytes }: Submission, send: () => Promise<Answer>) =>
    insist(() => record({ op: 'submit', key: name, sha256: sha256Of(bytes) }, send, idOf));

  function byForm(submission: Submission, isStreamed: boolean): Promise<Outcome> {
    return recordSubmit(submission, () => {
      const form = new FormData();
      for (const [field, value] of Object.entries(submission.fields)) form.append(field, value);
      form.append('source', new Blob([new Uint8Array(submission.bytes)]), 'project.tar.gz');
      const sent = isStreamed ? streamOf(form) : { body: form, headers: {} };
      return request('POST', '/api/builds', { ...sent, headers: { ...headersOf(submission), ...sent.headers } });
    });
  }

  /** Undefined: it never came to a submit. */
  async function byUpload(submission: Submission, isMistaken: boolean): Promise<Outcome | undefined> {
    const asking = { subject: { op: 'announce' }, path: '/api/uploads', headers: key } as const;
    const upload = await announceUpload(http, recorder, asking, submission.bytes);
    if (!upload) return undefined;
    const send = () =>
      request('POST', '/api/builds', {
        headers: headersOf(submission),
        json: { ...submission.fields, upload_id: upload.id },
      });
    if (isMistaken) await mistake(upload, send);
    return (await put(upload)).status === 200 ? recordSubmit(submission, send) : undefined;
  }

  /** Other bytes are refused, and so is a submit of what is not there. */
  async function mistake(upload: Upload, submit: () => Promise<Answer>): Promise<void> {
    await record({ op: 'bad' }, () => put({ ...upload, bytes: randomBytes(upload.bytes.length) }));
    await record({ op: 'bad' }, submit);
  }

  async function acknowledged(send: () => Promise<Outcome | undefined>): Promise<string | undefined> {
    const outcome = await send();
    if (outcome?.kind === 'ok') return String(outcome.facts['build']);
    open.push(send);
    return undefined;
  }

  const wayOf = (asks: Asks): Way =>
    dice.happens(uploaded) && Object.values(asks).every((each) => typeof each === 'string') ? 'upload' : 'form';

  return {
    /** Undefined: not acknowledged. Files fit into a form only. */
    submit: (platform = 'ios', asks: Asks = {}, way: Way = wayOf(asks)): Promise<string | undefined> => {
      const submission = {
        name: newName(),
        bytes: randomBytes(64),
        fields: { platform, ...asks },
      };
      if (way !== 'upload') return acknowledged(() => byForm(submission, way === 'stream'));
      const isMistaken = dice.happens(mistaken);
      return acknowledged(() => byUpload(submission, isMistaken));
    },
    /** How many submits nobody has acknowledged. */
    open: () => open.length,
    /** Those, again. */
    resubmit: async (): Promise<void> => {
      for (const send of open.splice(0)) await acknowledged(send);
    },
  };
}

function streamOf(form: FormData) {
  const { body, headers } = new Response(form);
  return { ...(body && { body }), headers: { 'content-type': headers.get('content-type') ?? '' } };
}

const idOf = ({ body }: Answer) => ({ build: String(body.id) });
