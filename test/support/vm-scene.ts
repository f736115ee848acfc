import { expect } from 'vitest';
import type { Controller, TestBuild, TestWorker } from './controller.ts';

export interface Granted {
  readonly build: TestBuild;
  readonly worker: TestWorker;
  readonly otp: string;
}

type Http = Pick<Controller, 'submit' | 'register' | 'poll' | 'request'>;

/** The virtual machine's side of a controller, and its worker's as far as that goes. */
export function vmScene({ submit, register, poll, request }: Http) {
  /** A build of its own, granted to a worker of its own. */
  async function granted(): Promise<Granted> {
    const build = await submit('android');
    const worker = await register('mac', ['android']);
    const { body } = await poll(worker);
    expect(body.job.id).toBe(build.id);
    return { build, worker, otp: body.job.otp };
  }

  const authenticate = (buildId: string, otp: unknown) =>
    request('POST', `/api/builds/${buildId}/authenticate`, { json: { otp } });
  const asVm = (token: string) => ({ 'x-vm-token': token });
  /** With a content type and no body, as the old script sends it. */
  const ready = (buildId: string, token: string) =>
    request('POST', `/api/builds/${buildId}/vm-ready`, {
      headers: { 'content-type': 'application/json', ...asVm(token) },
    });
  const status = (buildId: string) => request('GET', `/api/builds/${buildId}/vm-status`);
  const beat = (buildId: string, token: string, json: object = {}) =>
    request('POST', `/api/builds/${buildId}/heartbeat`, { headers: asVm(token), json });

  /** A grant whose virtual machine has come in. */
  async function admitted() {
    const grant = await granted();
    const { body } = await authenticate(grant.build.id, grant.otp);
    return { ...grant, vmToken: body.vm_token as string };
  }

  /** One whose worker knows that it is ready. */
  async function running() {
    const vm = await admitted();
    await ready(vm.build.id, vm.vmToken);
    const { body } = await status(vm.build.id);
    return { ...vm, beatToken: body.vm_token as string };
  }

  return { granted, authenticate, asVm, ready, status, beat, admitted, running };
}
