import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aRawP12, PASSWORD, PROFILE, SECRETS } from '../support/certs.ts';
import { runInside } from '../support/cli.ts';
import { temporaryFolder } from '../support/client-folder.ts';
import { type Controller, startController } from '../support/controller.ts';

let controller: Controller;
let cwd: string;
beforeAll(async () => {
  controller = await startController();
});
beforeEach(async () => {
  cwd = await temporaryFolder({ 'app.mobileprovision': PROFILE.toString(), 'second.mobileprovision': 'second' });
  await writeFile(join(cwd, 'cert.p12'), aRawP12());
});
afterAll(() => controller.close());

const cli = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  runInside(args, {
    env: { PATH: process.env['PATH'], BUILDLATCH_URL: controller.url, BUILDLATCH_API_KEY: controller.apiKey, ...env },
    cwd,
  });

const SIGNING = ['--cert', 'cert.p12', '--cert-password-env', 'P12_PASSWORD', '--profile'];
const PROFILES = ['app.mobileprovision', 'second.mobileprovision'];

async function submit(command: string): Promise<string> {
  const project = await temporaryFolder({ 'buildlatch.json': JSON.stringify({ command, artifact: 'out.txt' }) });
  const args = ['submit', project, '--platform', 'ios', ...SIGNING, ...PROFILES];
  const { code, out, err } = await cli(args, { P12_PASSWORD: PASSWORD });
  expect(code, err).toBe(0);
  expect(err).not.toContain(PASSWORD);
  return out.trim();
}

/** One build by a worker of its own; answers how it exited and which of its files are left. */
async function work(): Promise<{ code: number; left: string[] }> {
  const workDir = await temporaryFolder();
  const { code, out, err } = await cli(['worker', '--platform', 'ios', '--once', '--work-dir', workDir, '--json']);
  for (const secret of SECRETS) expect(out + err).not.toContain(secret);
  return { code, left: await readdir(workDir) };
}

describe('signing material', () => {
  it('goes from the command line to the build command, for its user’s eyes only, and does not stay', async () => {
    const command = [
      'cp "$BUILDLATCH_CERT_P12" p12',
      'cp "$BUILDLATCH_CERT_PASSWORD_FILE" password',
      'cp "$BUILDLATCH_KEYCHAIN_PASSWORD_FILE" keychain',
      'ls "$BUILDLATCH_PROFILES_DIR" > profiles',
      'cat "$BUILDLATCH_PROFILES_DIR"/profile-1.mobileprovision > profile',
      'find "$BUILDLATCH_PROFILES_DIR"/.. -printf "%m\\n" | sort | uniq -c | sed "s/^ *//" > modes',
      'tar cf out.txt p12 password keychain profiles profile modes',
      // Whoever may list processes sees their environment.
      '! env | grep -q "$(cat password)"',
    ].join(' && ');
    const id = await submit(command);
    expect(await work()).toEqual({ code: 0, left: [] });
    await cli(['download', id, '--output', 'got.tar']);
    const got = (await readFile(join(cwd, 'got.tar'))).toString('latin1');
    expect(got).toContain(aRawP12().toString('latin1'));
    expect(got).toContain(PASSWORD);
    expect(got).toContain('profile-1.mobileprovision\nprofile-2.mobileprovision\n');
    expect(got).toContain(PROFILE.toString());
    expect(got).toMatch(/[A-Za-z0-9+/]{32}/);
    // Five files and two folders.
    expect(got).toContain('5 600\n2 700\n');
  });

  it('does not stay when the command fails either', async () => {
    await submit('test -s "$BUILDLATCH_CERT_P12" && exit 3');
    expect(await work()).toEqual({ code: 1, left: [] });
  });

  it('is given to a retry again, since it ended with its build', async () => {
    const id = await submit('cp "$BUILDLATCH_CERT_PASSWORD_FILE" out.txt');
    await cli(['cancel', id]);
    const without = await cli(['retry', id]);
    expect([without.code, without.err]).toEqual([expect.any(Number), expect.stringContaining('no longer available')]);
    expect(without.code).not.toBe(0);
    const again = await cli(['retry', id, ...SIGNING, ...PROFILES], { P12_PASSWORD: PASSWORD });
    expect([again.code, again.err]).toEqual([0, expect.not.stringContaining(PASSWORD)]);
    expect(await work()).toEqual({ code: 0, left: [] });
    await cli(['download', again.out.trim(), '--output', 'again.txt']);
    expect(await readFile(join(cwd, 'again.txt'), 'utf8')).toBe(PASSWORD);
    expect((await cli(['retry', id, '--profile', 'app.mobileprovision'])).code).toBe(2);
  });

  it.each([
    [['--profile', 'app.mobileprovision'], '--profile and --cert-password-env need a --cert'],
    [['--cert', 'nowhere.p12'], 'nowhere.p12: no such file'],
    [['--cert', 'cert.p12', '--cert-password-env', 'NOT_SET'], 'NOT_SET is not set'],
  ])('%j is refused before anything is uploaded', async (flags, why) => {
    const { code, err } = await cli(['submit', '.', '--platform', 'ios', ...flags]);
    expect([code, err]).toEqual([2, expect.stringContaining(why)]);
    expect(err).not.toContain('Uploaded');
  });

  it('that is none is refused by the controller, in its words', async () => {
    const { code, err } = await cli(['submit', '.', '--platform', 'ios', '--cert', 'app.mobileprovision']);
    expect(code).not.toBe(0);
    expect(err).toContain('Certs file refused: it is neither a ZIP nor a PKCS#12 file');
  });
});
