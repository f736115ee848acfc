import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ignoreMissing } from '../missing-file.ts';
import type { CliCommand } from './cli-command.ts';
import type { Io } from './context.ts';
import { UsageError } from './exit-codes.ts';

export interface SigningFlags {
  readonly cert?: string;
  readonly certPasswordEnv?: string;
  readonly profile?: readonly string[];
}

export function addSigningFlags(command: CliCommand): CliCommand {
  return command
    .option('--cert <file>', 'certificate to sign with: a .p12, or a .zip of one with its password.txt and profiles')
    .option('--cert-password-env <name>', "the environment variable that holds the .p12's password")
    .option('--profile <files...>', 'provisioning profiles');
}

/** Signing material as a submit carries it. */
export interface Signing {
  readonly certs: string;
  readonly certs_password?: string;
  readonly profiles: readonly string[];
}

/** What the controller takes. */
const MAX_FILE_BYTES = 3 * 1024 ** 2;

/** Read before anything is packed or uploaded. Passwords come from the environment only: arguments are seen by every user. */
export async function readSigning(io: Io, flags: SigningFlags): Promise<Signing | undefined> {
  const { cert, certPasswordEnv, profile: profiles = [] } = flags;
  if (cert === undefined) {
    if (profiles.length === 0 && certPasswordEnv === undefined) return undefined;
    throw new UsageError('--profile and --cert-password-env need a --cert');
  }
  const password = certPasswordEnv === undefined ? undefined : io.env[certPasswordEnv];
  if (certPasswordEnv !== undefined && password === undefined) throw new UsageError(`${certPasswordEnv} is not set`);
  const certs = await inBase64(io, cert);
  const listed = await Promise.all(profiles.map((profile) => inBase64(io, profile)));
  return { certs, profiles: listed, ...(password !== undefined && { certs_password: password }) };
}

async function inBase64(io: Io, name: string): Promise<string> {
  const path = resolve(io.cwd, name);
  const stats = await stat(path).catch(ignoreMissing);
  if (!stats?.isFile()) throw new UsageError(`${name}: no such file`);
  if (stats.size > MAX_FILE_BYTES) throw new UsageError(`${name}: larger than ${MAX_FILE_BYTES} bytes`);
  return (await readFile(path)).toString('base64');
}
