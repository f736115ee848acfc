import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Endpoint } from '../../lib/runtime/access.ts';
import {
  type AccessScene,
  accessScene,
  type Credential,
  type CredentialKind,
  type Held,
} from '../support/access-scene.ts';
import { type Controller, startController } from '../support/controller.ts';
import { rawRequest } from '../support/raw-http.ts';
import { answerFor, EXPECTED, expectedOf } from './access-expectations.ts';

/** Every endpoint × every credential, over HTTP. */
let controller: Controller;
let scene: AccessScene;
let held: Held;
beforeAll(async () => {
  controller = await startController();
  scene = await accessScene(controller);
  held = await scene.hold();
});
afterAll(() => controller.close());

async function ask(endpoint: Endpoint, { headers, isUnnamed }: Credential, about: Held) {
  const { method, path, json = {}, beside } = expectedOf(endpoint);
  const asked = typeof path === 'function' ? path(scene, about) : path;
  const named = isUnnamed ? asked : `${asked}?worker_id=${about.holder.id}`;
  const fields = typeof json === 'function' ? json(scene, about) : json;
  const sent = method === 'POST' ? { body: JSON.stringify(fields) } : {};
  const type = { 'content-type': 'application/json' };
  return rawRequest(controller.url, {
    method,
    path: named,
    headers: { ...type, ...beside?.(about), ...headers },
    ...sent,
  });
}

type Asked = readonly [kind: CredentialKind, name: string, credential: Credential];
const allOf = (about: Held): Asked[] =>
  Object.entries(scene.credentialsFor(about)).flatMap(([kind, ways]) =>
    Object.entries(ways).map(([name, way]): Asked => [kind as CredentialKind, name, way]),
  );

const told = ([status, code]: readonly [number, (string | undefined)?]) =>
  code === undefined ? `${status}` : `${status} ${code}`;
const answered = ({ status, body }: Awaited<ReturnType<typeof ask>>) => told([status, body?.['code']]);

describe('access', () => {
  it.each(Object.keys(EXPECTED) as Endpoint[])(
    '%s refuses who has nothing to say there, and writes nothing',
    async (endpoint) => {
      const before = await controller.items();
      const refused = allOf(held).flatMap(([kind, name, credential]) => {
        const answer = answerFor(endpoint, kind);
        return answer === 'in' ? [] : [{ name: `${kind}: ${name}`, credential, answer: told(answer) }];
      });
      const answers: Record<string, string> = {};
      for (const { name, credential } of refused) {
        const answer = await ask(endpoint, credential, held);
        answers[name] = answered(answer);
        for (const secret of Object.values(credential.headers).flat()) {
          if (secret.length > 20) expect(answer.text).not.toContain(secret);
        }
        expect(answer.body, name).toEqual({
          error: expect.any(String),
          code: expect.any(String),
          requestId: expect.any(String),
        });
      }
      expect(answers).toEqual(Object.fromEntries(refused.map(({ name, answer }) => [name, answer])));
      expect(await controller.items()).toEqual(before);
    },
  );

  it.each(Object.keys(EXPECTED) as Endpoint[])('%s looks at who asks before it looks at what', async (endpoint) => {
    const { opensTo, method, path } = expectedOf(endpoint);
    if (opensTo === 'anyone') return;
    const asked = typeof path === 'function' ? path(scene, held) : path;
    const bodies = method === 'GET' ? [''] : ['', '{', '[]', '\0'];
    for (const body of bodies) {
      const headers = { 'content-type': 'application/json' };
      const answer = await rawRequest(controller.url, { method, path: `${asked}?attempt=x&limit=x`, headers, body });
      const missing = expect.stringMatching(/^Missing X-(API-Key|VM-Token) header$/);
      expect([answer.status, answer.body?.['error']]).toEqual([401, missing]);
    }
  });

  it.each(Object.keys(EXPECTED) as Endpoint[])('%s lets in who has', async (endpoint) => {
    const { answer, changesAll } = expectedOf(endpoint);
    const names = allOf(held).flatMap(([kind, name]) =>
      answerFor(endpoint, kind) === 'in' ? [[kind, name] as const] : [],
    );
    const answers: Record<string, string> = {};
    for (const [kind, name] of names) {
      const about = changesAll ? await scene.hold() : held;
      const credential = allOf(about).find((one) => one[0] === kind && one[1] === name)?.[2] ?? { headers: {} };
      answers[`${kind}: ${name}`] = answered(await ask(endpoint, credential, about));
    }
    expect(names.length).toBeGreaterThan(0);
    expect(answers).toEqual(Object.fromEntries(names.map(([kind, name]) => [`${kind}: ${name}`, told(answer)])));
  });
});
