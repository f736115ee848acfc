import { createHash } from 'node:crypto';
import { createAwsClients } from '../../../infra/local/aws-clients.ts';
import { fileStore } from '../../../lib/adapters/s3/file-store.ts';
import { assignBuild } from '../../../lib/app/assign-build.ts';
import { resultKey } from '../../../lib/app/file-keys.ts';
import { completeWithUpload } from '../../../lib/app/finish-build.ts';
import { registerWorker } from '../../../lib/app/register-worker.ts';
import { secrets } from '../../../lib/runtime/secrets.ts';
import { atOnce } from '../../support/at-once.ts';
import { aBuild, hintOf } from '../../support/builders.ts';
import { depsOnEngines } from '../../support/deps-on-engines.ts';
import { LINK_SECONDS, OTP_MS, QUARANTINE } from '../../support/settings.ts';
import type { EnginesApart } from '../engines/engines-apart.ts';
import { cpuDuring } from '../report/process-cpu.ts';
import type { Peer } from './peer.ts';

/** Wide enough that filling is quick, and no wider than the engine takes well. */
const FILLERS = 16;
const RESULT = Buffer.from('result');
const RESULT_SHA256 = createHash('sha256').update(RESULT).digest('hex');
/** Of an upload whose id is known beforehand, as its attempt is. */
const UPLOAD_ID = `1-${'u'.repeat(21)}`;
const LEASES = { firstLeaseMs: 1_800_000, leaseMs: 85_000, maxAttempts: 3, otpMs: OTP_MS, quarantine: QUARANTINE };

/** The use cases of a poll and of a completion on the embedded engines: what the functions do, without HTTP. */
export function ours(engines: EnginesApart): Peer {
  const deps = depsOf(engines);
  const { builds, workers, queue, files } = deps;
  const submit = async () => {
    const now = Date.now();
    const build = aBuild('pending', { id: secrets.id(), submittedAt: now, queuedAt: now });
    await builds.create(build);
    await queue.send(hintOf(build));
    await files.put('results', resultKey(build.id, 1, UPLOAD_ID), RESULT, RESULT_SHA256);
  };
  const claimAndFinish = async (workerId: string): Promise<boolean> => {
    const worker = await workers.get(workerId);
    if (!worker) throw new Error('the worker is not there');
    const { assignment } = await assignBuild(deps, worker, worker.token.hash, LEASES);
    if (!assignment) return false;
    const claim = { workerId, tokenHash: worker.token.hash, attempt: assignment.attempt };
    await completeWithUpload(deps, assignment.buildId, claim, UPLOAD_ID);
    return true;
  };
  return {
    name: 'Buildlatch',
    enginePid: engines.pid,
    fill: async (jobs) => {
      let left = jobs;
      await atOnce(FILLERS, async () => {
        while (left-- > 0) await submit();
      });
    },
    drain: async (jobs, claimers) => {
      const registered = await atOnce(claimers, (index) =>
        registerWorker(deps, { name: `worker ${index}`, platforms: ['ios'] }),
      );
      let finished = 0;
      const drained = await cpuDuring(engines.pid, () =>
        atOnce(claimers, async (index) => {
          const workerId = registered[index]?.worker.id ?? '';
          // A queue may say for a moment that it is empty when it is not.
          while (finished < jobs) if (await claimAndFinish(workerId)) finished += 1;
        }),
      );
      if (finished !== jobs) throw new Error(`Buildlatch finished ${finished} of ${jobs}`);
      return drained;
    },
    close: async () => deps.close(),
  };
}

function depsOf({ endpoints, region, credentials, resources }: EnginesApart) {
  const clients = createAwsClients(endpoints, region, credentials);
  const links = { client: clients.s3, linkSeconds: LINK_SECONDS };
  return {
    ...depsOnEngines(clients, resources, LEASES.maxAttempts),
    files: fileStore(clients.s3, links, resources.buckets),
    close: clients.close,
  };
}
