import { cancelBuild } from '../../lib/app/cancel-build.ts';
import { createSourceUpload } from '../../lib/app/create-upload.ts';
import { retryBuild } from '../../lib/app/retry-build.ts';
import { submitBytes, submitUpload, type Wishes } from '../../lib/app/submit-build.ts';
import type { Platform } from '../../lib/domain/build.ts';
import { Rejection } from '../../lib/domain/rejection.ts';
import type { Acknowledged } from './at-rest.ts';
import { sha256 } from './crew.ts';
import type { Controller, World } from './world.ts';

/** What submitters say to the controller. What it says yes to is noted. */
export function clientsOf({ files }: World, acknowledged: Acknowledged) {
  const note = (name: string, id: string) => {
    acknowledged.submits.set(name, (acknowledged.submits.get(name) ?? new Set()).add(id));
    return id;
  };
  const found = async (to: Controller, id: string) => {
    const build = await to.builds.get(id);
    if (!build) throw new Rejection('build_not_found', 'Build not found');
    return build;
  };
  const sourceOf = (name: string) => {
    const bytes = new TextEncoder().encode(`source ${name}`);
    return { bytes, sha256: sha256(bytes) };
  };
  return {
    /** By name: sent again, it is the same request. */
    submit: async (to: Controller, name: string, platform: Platform = 'ios', wishes: Wishes = {}) => {
      const { build } = await submitBytes(to, { platform, ...wishes, ...sourceOf(name), idempotencyKey: name });
      return note(name, build.id);
    },
    submitWithoutKey: async (to: Controller, name: string, platform: Platform = 'ios') => {
      const { build } = await submitBytes(to, { platform, ...sourceOf(name) });
      return note(name, build.id);
    },
    upload: async (to: Controller, name: string): Promise<string> => {
      const { bytes, sha256: digest } = sourceOf(name);
      const { url, uploadId } = await createSourceUpload(to, { size: bytes.length, sha256: digest });
      files.upload(url, bytes, digest);
      return uploadId;
    },
    submitUpload: async (to: Controller, uploadId: string, idempotencyKey?: string) => {
      const key = idempotencyKey === undefined ? {} : { idempotencyKey };
      const { build } = await submitUpload(to, { platform: 'ios', uploadId, ...key });
      return note(`upload ${uploadId}`, build.id);
    },
    cancel: async (to: Controller, id: string) => {
      await cancelBuild(to, await found(to, id));
      acknowledged.cancelled.add(id);
    },
    /** Its repetitions are only one request while the new build lasts, so what it is called is up to the caller. */
    retry: async (to: Controller, id: string, name: string) => {
      const { build } = await retryBuild(to, await found(to, id));
      return note(name, build.id);
    },
  };
}

export type Clients = ReturnType<typeof clientsOf>;
