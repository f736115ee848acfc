import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CpuProfile, type Frame, sharesOf, treeOf } from '../report/cpu-profile.ts';
import { environmentOf } from './measure.ts';
import { STEPS, type Step } from './steps.ts';
import { startStub } from './stub.ts';

const ROOT = join(import.meta.dirname, '../../..');
const INTERVAL_US = 200;

export interface Profiled {
  readonly step: string;
  /** Of the processor's time, by whose code it is. */
  readonly shares: readonly (readonly [owner: string, share: number])[];
  readonly tree: Frame;
}

/** What each handler does with its time. Of the source and not of the bundle, which has no names. */
export async function profileHandlers(calls: number, onStep: (step: string) => void): Promise<Profiled[]> {
  const profiled: Profiled[] = [];
  for (const step of STEPS) {
    onStep(step.name);
    const tree = await profileStep(step, calls);
    profiled.push({ step: step.name, shares: sharesOf(tree), tree });
  }
  return profiled;
}

async function profileStep({ file, event, answers }: Step, calls: number): Promise<Frame> {
  const folder = await mkdtemp(join(tmpdir(), 'buildlatch-profile-'));
  const stub = await startStub(answers);
  try {
    const profileFile = join(folder, 'handler.cpuprofile');
    const program = [join(import.meta.dirname, 'load-program.ts'), join(ROOT, `functions/${file}.ts`)];
    const args = ['--no-warnings', ...program, JSON.stringify(event), String(calls), String(INTERVAL_US), profileFile];
    const child = spawn(process.execPath, args, { env: environmentOf(stub), stdio: ['ignore', 'ignore', 'inherit'] });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`${file} ended with ${code} under the profiler`);
    const profile: CpuProfile = JSON.parse(await readFile(profileFile, 'utf8'));
    return treeOf(profile);
  } finally {
    stub.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
