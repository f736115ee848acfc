import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { installService, uninstallService } from '../../lib/client/service/install-service.ts';
import { launchdPlist } from '../../lib/client/service/launchd-plist.ts';
import { servicePlace } from '../../lib/client/service/service-place.ts';
import { systemdUnit } from '../../lib/client/service/systemd-unit.ts';
import { envFileContent, type WorkerService } from '../../lib/client/service/worker-service.ts';
import { runInside } from '../support/cli.ts';
import { temporaryFolder } from '../support/client-folder.ts';
import { hasProgram } from '../support/has-program.ts';

const KEY = 'a-key-that-is-nowhere-else';
const service: WorkerService = {
  node: process.execPath,
  program: '/opt/build latch/100%/buildlatch.mjs',
  args: ['worker', '--platform', 'ios', '--command', `ios=make "a & b" <x> $HOME \\ 50%`],
  envFile: '/u/me/.config/buildlatch/worker.env',
  path: '/usr/bin:/bin:/opt/$odd',
  stopSeconds: 7800,
  logFile: '/u/me/worker.log',
};

const placeIn = (home: string, platform: NodeJS.Platform = 'linux') => {
  const place = servicePlace(platform, home, false);
  if (!place) throw new Error(`no place on ${platform}`);
  return place;
};

describe('a systemd unit', () => {
  it('starts what it was made for, word for word, and says nothing of the key', () => {
    const unit = systemdUnit(service);
    const line = /^ExecStart=(.*)$/m.exec(unit)?.[1] ?? '';
    expect(systemdWords(line)).toEqual([service.node, service.program, ...service.args]);
    expect(unit).toContain('EnvironmentFile=/u/me/.config/buildlatch/worker.env\n');
    expect(unit).toContain('Environment="PATH=/usr/bin:/bin:/opt/$odd"\n');
    expect(unit).toMatch(/^KillMode=mixed$/m);
    expect(unit).toMatch(/^TimeoutStopSec=7800$/m);
    expect(unit).not.toMatch(/^User=/m);
    expect(systemdUnit({ ...service, user: 'builder' })).toMatch(/^User=builder\n.*^WantedBy=multi-user.target$/ms);
    expect(() => systemdUnit({ ...service, args: ['a\nUser=root'] })).toThrow('line end');
  });

  it.skipIf(!hasProgram('systemd-analyze'))('is one that systemd takes', async () => {
    const folder = await temporaryFolder();
    const program = join(folder, '100% $x "y".mjs');
    await writeFile(program, '');
    const unit = join(folder, 'buildlatch-worker.service');
    await writeFile(unit, systemdUnit({ ...service, program }));
    const verified = spawnSync('systemd-analyze', ['--user', 'verify', unit], {
      encoding: 'utf8',
      env: { ...process.env, XDG_RUNTIME_DIR: folder, HOME: folder },
    });
    const about = verified.stderr.split('\n').filter((line) => line.includes('buildlatch-worker'));
    expect(about).toEqual([]);
    // It does complain: of a unit that is wrong.
    await writeFile(unit, systemdUnit(service).replace('Type=exec', 'Type=wrong'));
    const wrong = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' });
    expect(wrong.stderr).toContain('buildlatch-worker');
  });
});

it('a launchd plist starts the same, its environment read by Node from a file', () => {
  const text = launchdPlist({ ...service, logFile: '/l & m.log' });
  const plist = parsePlist(text);
  expect(plist['ProgramArguments']).toEqual([
    service.node,
    `--env-file=${service.envFile}`,
    service.program,
    ...service.args,
  ]);
  expect(plist).toMatchObject({
    Label: 'com.buildlatch.worker',
    EnvironmentVariables: { PATH: service.path },
    RunAtLoad: true,
    KeepAlive: { SuccessfulExit: false },
    ExitTimeOut: 7800,
    Umask: 63,
    StandardErrorPath: '/l & m.log',
  });
});

describe('an installed service', () => {
  it.each(['linux', 'darwin'] as const)(
    'on %s has its key in a file of its owner’s and nowhere else, and goes with it',
    async (platform) => {
      const place = placeIn(await temporaryFolder(), platform);
      // Somebody made one before that all can read.
      await mkdir(dirname(place.envFile), { recursive: true });
      await writeFile(place.envFile, 'OLD=1');
      await chmod(place.envFile, 0o644);
      await installService(place, { ...service, envFile: place.envFile }, { BUILDLATCH_API_KEY: KEY });
      expect((await stat(place.envFile)).mode & 0o777).toBe(0o600);
      expect(await readFile(place.envFile, 'utf8')).toBe(`BUILDLATCH_API_KEY='${KEY}'\n`);
      expect(await readFile(place.definition, 'utf8')).toContain(place.envFile);
      expect(await readFile(place.definition, 'utf8')).not.toContain(KEY);
      expect([...place.start, ...place.stop].join()).not.toContain(KEY);
      await uninstallService(place);
      for (const file of [place.definition, place.envFile]) await expect(stat(file)).rejects.toThrow('ENOENT');
      await uninstallService(place);
    },
  );

  it('has an environment that Node reads as it was, and is refused one that it could not', async () => {
    const odd = 'a#b"c$d\\e`f=g h';
    const file = join(await temporaryFolder(), 'worker.env');
    await writeFile(file, envFileContent({ BUILDLATCH_API_KEY: odd }));
    const show = ['-e', 'process.stdout.write(process.env.BUILDLATCH_API_KEY)'];
    expect(execFileSync(process.execPath, [`--env-file=${file}`, ...show], { encoding: 'utf8' })).toBe(odd);
    expect(() => envFileContent({ BUILDLATCH_API_KEY: `it's` })).toThrow('BUILDLATCH_API_KEY has a quote');
  });

  it('is written for no system that is not known', () => {
    expect(servicePlace('win32', '/h', false)).toBeUndefined();
    expect(servicePlace('linux', '/h', true)?.definition).toBe('/etc/systemd/system/buildlatch-worker.service');
  });
});

describe('the command line', () => {
  const user = process.getuid?.() === 0 ? ['--run-as', 'builder'] : [];
  const surroundings = async () => {
    const cwd = await temporaryFolder();
    return {
      cwd,
      env: {
        HOME: cwd,
        PATH: '/bin',
        BUILDLATCH_API_KEY: KEY,
        BUILDLATCH_WORKER_SLOTS: '2',
        BUILDLATCH_WORKER_LABEL: 'fast,xcode=26',
      },
    };
  };

  it('prints a service with all the flags, those of the environment too, and writes nothing', async () => {
    const place = await surroundings();
    const flags = [
      '--platform',
      'ios,android',
      '--command',
      'android=make',
      '--pass-env',
      'A',
      'B_*',
      '--idle-timeout',
      '10m',
    ];
    const { code, out } = await runInside(['worker', 'install', '--print', ...user, ...flags], place);
    expect(code).toBe(0);
    const words = process.platform === 'linux' ? systemdWords(/^ExecStart=(.*)$/m.exec(out)?.[1] ?? '') : [];
    if (process.platform === 'linux')
      expect(words.slice(2).join(' ')).toBe(
        'worker --platform ios,android --label fast --label xcode=26 --slots 2 --command android=make --pass-env A B_* --timeout 7200s --idle-timeout 600s ' +
          '--outage-limit 7200s --min-free-disk 2048MB --on-quarantine wait',
      );
    expect(out).not.toContain(KEY);
  });

  it('says what is missing', async () => {
    const place = await surroundings();
    const none = await runInside(['worker', 'install', '--print', ...user], place);
    expect([none.code, none.err]).toEqual([2, expect.stringContaining('--platform')]);
    expect((await runInside(['worker'], place)).code).toBe(2);
    if (user.length === 0) return;
    const asRoot = await runInside(['worker', 'install', '--platform', 'ios'], place);
    expect([asRoot.code, asRoot.err]).toEqual([2, expect.stringContaining('--run-as')]);
  });
});

/** As systemd cuts and reads a command line whose words are all in double quotes. */
function systemdWords(line: string): string[] {
  const words = [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word = '']) => word);
  return words.map((word) => word.replace(/\\(.)/g, '$1').replaceAll('$$', '$').replaceAll('%%', '%'));
}

type Plist = string | number | boolean | Plist[] | { [key: string]: Plist };

function parsePlist(text: string): { [key: string]: Plist } {
  const tokens = [...text.slice(text.indexOf('<dict>')).matchAll(/<(\/?)(\w+)(\/?)>([^<]*)/g)].map(
    ([, close, tag = '', , body = '']) => ({
      tag: close ? `/${tag}` : tag,
      body: body.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
    }),
  );
  let at = 0;
  const value = (): Plist => {
    const { tag, body } = tokens[at++] ?? { tag: '', body: '' };
    if (tag === 'true' || tag === 'false') return tag === 'true';
    const items: Plist[] = [];
    const entries: Record<string, Plist> = {};
    while (tokens[at]?.tag !== `/${tag}`) {
      if (at >= tokens.length) throw new Error(`<${tag}> has no end`);
      if (tag === 'array') items.push(value());
      else if (tag === 'dict') {
        const key = String(value());
        entries[key] = value();
      }
    }
    at += 1;
    if (tag === 'array') return items;
    if (tag === 'dict') return entries;
    return tag === 'integer' ? Number(body) : body;
  };
  return value() as { [key: string]: Plist };
}
