import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Missing, requireProgram } from './missing.ts';

/** What is downloaded once. Ignored by git; may be deleted at any time. */
const CACHE = join(import.meta.dirname, '../../.emulators');

const PYTHON = 'Install Python 3.10 or newer with its venv module (Debian: apt-get install python3 python3-venv)';
const JAVA = 'Install Java 17 or newer and Maven (Debian: apt-get install openjdk-17-jre-headless maven)';

/** The folder of a Python environment with exactly what the list names. */
export function installPython(name: string, requirements: string): string {
  return install(name, (folder) => {
    requireProgram(['python3', '--version'], /^Python 3\.(1\d|[2-9]\d)/, PYTHON);
    // Its scripts name the folder they were made in, which is moved afterwards: it is only run as `python -m`.
    run(['python3', '-m', 'venv', folder], PYTHON);
    const pip = [join(folder, 'bin/python'), '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
    run([...pip, '--requirement', requirements], `pip could not install ${requirements}`);
  });
}

/** The folder of the jars of a Maven project and everything they need. */
export function installJars(name: string, pom: string): string {
  requireProgram(['java', '-version'], /version "(1[7-9]|[2-9]\d)/, JAVA);
  return install(name, (folder) => {
    requireProgram(['mvn', '--version'], /Apache Maven/, JAVA);
    const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies';
    run(
      ['mvn', '--batch-mode', '--quiet', '--file', pom, goal, `-DoutputDirectory=${folder}`],
      `Maven could not resolve ${pom}`,
    );
  });
}

/** The folder of the packages that the `package.json` and the lock file of `from` name. Their install scripts are not run. */
export function installNpm(name: string, from: string): string {
  const files = ['package.json', 'package-lock.json'] as const;
  const digest = createHash('sha256')
    .update(files.map((file) => readFileSync(join(from, file), 'utf8')).join(''))
    .digest('hex');
  return install(`${name}-${digest.slice(0, 12)}`, (folder) => {
    for (const file of files) copyFileSync(join(from, file), join(folder, file));
    const npm = ['npm', 'ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund'];
    run(npm, `npm could not install ${join(from, 'package.json')}`);
  });
}

/** Whole or not at all: an interrupted download leaves nothing that looks complete. */
function install(name: string, fill: (folder: string) => void): string {
  const folder = join(CACHE, name);
  if (existsSync(folder)) return folder;
  console.log(`installing ${name} (once)`);
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  fill(unfinished);
  renameSync(unfinished, folder);
  return folder;
}

function run([program = '', ...args]: readonly string[], advice: string): void {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Missing(`${advice}\n${`${stdout}${stderr}`.trim().split('\n').slice(-15).join('\n')}`);
}
