import type { LogSizes } from '../../lib/domain/log-line.ts';
import type { Quarantine } from '../../lib/domain/worker.ts';
import type { CertLimits } from '../../lib/runtime/cert-bundle.ts';
import { SETTINGS } from '../../lib/runtime/settings.ts';

/** What nobody has set, as the use cases take it. */
export const OTP_MS = SETTINGS.OTP_SECONDS.default * 1000;
export const SAME_REQUEST_MS = SETTINGS.SAME_REQUEST_SECONDS.default * 1000;
export const MAX_SOURCE_BYTES = SETTINGS.MAX_SOURCE_UPLOAD_BYTES.default;
export const MAX_RESULT_BYTES = SETTINGS.MAX_RESULT_UPLOAD_BYTES.default;
export const QUARANTINE: Quarantine = {
  builds: SETTINGS.QUARANTINE_BUILDS.default,
  ms: SETTINGS.QUARANTINE_SECONDS.default * 1000,
  instantMs: SETTINGS.QUARANTINE_INSTANT_SECONDS.default * 1000,
};
export const LOG_SIZES: LogSizes = {
  headBytes: SETTINGS.LOG_HEAD_BYTES.default,
  tailBytes: SETTINGS.LOG_TAIL_BYTES.default,
};
export const LINK_SECONDS = SETTINGS.LINK_SECONDS.default;
export const RECORD_DAYS = SETTINGS.RECORD_DAYS.default;
export const BUILD_TOKEN_MS = SETTINGS.BUILD_TOKEN_DAYS.default * 86_400_000;
export const LINE_CHARACTERS = SETTINGS.LOG_LINE_CHARACTERS.default;
export const CERT_LIMITS: CertLimits = {
  sentBytes: SETTINGS.MAX_CERTS_BYTES.default,
  unpackedBytes: SETTINGS.MAX_CERTS_UNPACKED_BYTES.default,
  entries: SETTINGS.MAX_CERTS_ENTRIES.default,
};
