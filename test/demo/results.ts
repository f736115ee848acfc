import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod/mini';
import { runJson } from './command-line.ts';
import type { Controller } from './controller.ts';
import { DemoFailure, type Stage } from './stage.ts';

const Status = z.object({ state: z.string(), attempt: z.number(), result_sha256: z.nullable(z.string()) });
const Downloaded = z.object({ sha256: z.string() });

export interface VerifiedResult {
  readonly id: string;
  readonly state: string;
  readonly attempt: number;
  readonly sha256: string;
}

/** Downloads that go on at once: each is a process, and there may be two cores. */
const LANES = 3;

export async function verifyResults(
  stage: Stage,
  controller: Controller,
  ids: readonly string[],
): Promise<VerifiedResult[]> {
  const waiting = [...ids];
  const verified: VerifiedResult[] = [];
  const lane = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      verified.push(await verifyResult(stage, controller, id));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return verified;
}

async function verifyResult(stage: Stage, controller: Controller, id: string): Promise<VerifiedResult> {
  const { folder, ...result } = await unpackResult(stage, controller, id);
  await runProgram(id, folder);
  return result;
}

/** The bytes on disk against what the worker built and what the controller recorded; then they are unpacked. */
export async function unpackResult(
  stage: Stage,
  controller: Controller,
  id: string,
): Promise<VerifiedResult & { readonly folder: string }> {
  const folder = join(stage.folder, 'results', id);
  const archive = join(folder, 'dist.tar.gz');
  await mkdir(folder, { recursive: true });
  const status = z.parse(Status, await runJson(stage, controller, ['status', id]));
  const downloaded = z.parse(Downloaded, await runJson(stage, controller, ['download', id, '-o', archive]));
  const sha256 = createHash('sha256')
    .update(await readFile(archive))
    .digest('hex');
  const built = stage.history.workers.findLast((event) => event.event === 'artifact_built' && event.build_id === id);
  const claims = {
    'the command line': downloaded.sha256,
    'the controller': status.result_sha256,
    'the worker': built?.sha256,
  };
  for (const [who, claimed] of Object.entries(claims)) {
    if (claimed !== sha256) throw new DemoFailure(`result of ${id}: SHA-256 ${sha256}, but ${who} says ${claimed}`);
  }
  await promisify(execFile)('tar', ['-xzf', archive, '-C', folder]);
  return { id, state: status.state, attempt: status.attempt, sha256, folder };
}

async function runProgram(id: string, folder: string): Promise<void> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'dist/report.mjs')]);
  // Compiled into the bundle: a mix-up of results would show here.
  if (!stdout.includes(`Made by build ${id}:`)) throw new DemoFailure(`the program from ${id} says:\n${stdout}`);
}
