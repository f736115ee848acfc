import { describe, expect, it } from 'vitest';
import { buildEnvironment } from '../../lib/client/agent/build-environment.ts';
import { readProjectConfig } from '../../lib/client/agent/project-config.ts';
import type { Job } from '../../lib/client/answers.ts';
import { byteSize, duration } from '../../lib/client/cli/quantities.ts';
import { temporaryFolder } from '../support/client-folder.ts';

const json = JSON.stringify;

describe('a project is built', () => {
  const own = {
    'buildlatch.json': json({ command: 'make', artifact: 'out', ios: { command: 'make ios', artifact: 'a.ipa' } }),
  };

  it.each([
    ['by what it says of the platform', 'ios', {}, { command: 'make ios', artifact: 'a.ipa' }],
    ['by what it says of all', 'android', {}, { command: 'make', artifact: 'out' }],
    ['by what its worker says of all', 'ios', { command: { all: 'x' } }, { command: 'x', artifact: 'a.ipa' }],
    [
      'by what its worker says of the platform',
      'ios',
      { command: { all: 'x', ios: 'y' }, artifact: { android: 'z' } },
      { command: 'y', artifact: 'a.ipa' },
    ],
  ] as const)('%s', async (_how, platform, overrides, expected) => {
    expect(await readProjectConfig(await temporaryFolder(own), platform, overrides)).toEqual(expected);
  });

  const expo = { 'package.json': json({ dependencies: { expo: '54.0.0' } }), 'app.json': '{}' };
  const eas = (profile: object) => ({ ...expo, 'eas.json': json({ build: { production: profile } }) });

  it.each([
    ['ios', expo, 'buildlatch-artifact.ipa'],
    ['ios', eas({ ios: { simulator: true } }), 'buildlatch-artifact.tar.gz'],
    ['android', expo, 'buildlatch-artifact.aab'],
    ['android', eas({ distribution: 'internal' }), 'buildlatch-artifact.apk'],
    ['android', eas({ android: { buildType: 'apk' } }), 'buildlatch-artifact.apk'],
    ['android', { ...expo, 'eas.json': 'not json' }, 'buildlatch-artifact.aab'],
  ] as const)('for %s by eas if it is an Expo project that says nothing: %j', async (platform, files, artifact) => {
    expect(await readProjectConfig(await temporaryFolder(files), platform, {})).toEqual({
      command: `eas build --local --non-interactive --platform ${platform} --output '${artifact}'`,
      artifact,
    });
  });

  it('by eas into the artifact that it names', async () => {
    const files = { ...expo, 'buildlatch.json': json({ artifact: "my app's.ipa" }) };
    const { command, artifact } = await readProjectConfig(await temporaryFolder(files), 'ios', {});
    expect(artifact).toBe("my app's.ipa");
    expect(command).toContain(`--output 'my app'\\''s.ipa'`);
  });

  it.each([
    ['nothing at all', {}, /^The project has no buildlatch.json/],
    ['no dependency on expo', { ...expo, 'package.json': '{}' }, /^The project has no buildlatch.json/],
    ['no app.json', { 'package.json': expo['package.json'] }, /^The project has no buildlatch.json/],
    ['a command and no artifact', { ...expo, 'buildlatch.json': json({ command: 'x' }) }, /names no artifact/],
    ['a platform that is no object', { 'buildlatch.json': json({ ios: 'make' }) }, /^buildlatch.json: ios: /],
  ])('not, if there is %s', async (_what, files, message) => {
    await expect(readProjectConfig(await temporaryFolder(files), 'ios', {})).rejects.toThrow(message);
  });
});

describe('a build sees of its worker’s environment', () => {
  const job = { id: 'b1', attempt: 3, platform: 'ios' } as Job;
  const inherited = { PATH: '/bin', LC_ALL: 'C', EXPO_TOKEN: 't', MY_A: '1', MYB: '2', BUILDLATCH_API_KEY: 'k' };
  const seen = (...passed: string[]) => {
    const { CI, TMPDIR, BUILDLATCH_BUILD_ID, BUILDLATCH_ATTEMPT, BUILDLATCH_PLATFORM, ...rest } = buildEnvironment(
      inherited,
      passed,
      job,
      { temporary: '/t' },
    );
    expect([CI, TMPDIR, BUILDLATCH_BUILD_ID, BUILDLATCH_ATTEMPT, BUILDLATCH_PLATFORM]).toEqual([
      '1',
      '/t',
      'b1',
      '3',
      'ios',
    ]);
    return Object.keys(rest);
  };

  it('what tools need, and what it is told to pass; never the worker’s own settings', () => {
    expect(seen()).toEqual(['PATH', 'LC_ALL']);
    expect(seen('EXPO_TOKEN', 'MY_*')).toEqual(['PATH', 'LC_ALL', 'EXPO_TOKEN', 'MY_A']);
    expect(seen('*')).toEqual(['PATH', 'LC_ALL', 'EXPO_TOKEN', 'MY_A', 'MYB']);
    expect(seen('BUILDLATCH_API_KEY')).toEqual(['PATH', 'LC_ALL']);
  });
});

it('durations and sizes are read with their units', () => {
  expect(['90', '90s', '45m', '1.5h', '2d'].map(duration)).toEqual([90_000, 90_000, 2_700_000, 5_400_000, 172_800_000]);
  expect(['0', '500MB', '1.5gb'].map(byteSize)).toEqual([0, 500 * 1024 ** 2, 1.5 * 1024 ** 3]);
  for (const bad of ['', '-1', '0', '1w', 'h']) expect(() => duration(bad), bad).toThrow('Not a duration');
  for (const bad of ['', '5', '-1GB', '1TB', 'GB']) expect(() => byteSize(bad), bad).toThrow('Not a size');
});
