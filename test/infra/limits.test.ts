import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BadParams, checkStageParams } from '../../infra/deploy/stage-params.ts';
import { FUNCTIONS } from '../../infra/functions.ts';
import { MAX_HEADER_BYTES } from '../../infra/local/front.ts';
import { FORM_SIZES } from '../../infra/local/large-forms.ts';
import { RATE_LIMITS } from '../../infra/local/rate-limit.ts';
import { HELP } from '../../infra/local/start-settings.ts';
import { KEPT_DAYS, STAGE_SETTINGS } from '../../infra/stage-settings.ts';
import { STAGE_PARAMS } from '../../infra/stages.ts';
import { FAILURE_KINDS } from '../../lib/domain/failure.ts';
import { SETTING_NAMES } from '../../lib/runtime/settings.ts';
import configuration from '../../serverless.ts';

const read = (path: string) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8');
const README = read('README.md');
const section = (text: string, title: string) => text.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? '';
const rowsOf = (text: string) => text.split('\n').filter((line) => line.startsWith('|'));

const ofStages = Object.entries(STAGE_SETTINGS).map(([name, setting]) => [name, setting.default] as const);
const ofOneMachine = [...Object.entries({ ...FORM_SIZES, ...RATE_LIMITS, MAX_HEADER_BYTES })];
const sorted = (pairs: Iterable<readonly [string, unknown]>) =>
  [...new Set([...pairs].map(([name, value]) => `${name}=${value}`))].sort();

describe('every kind of failure', () => {
  it('is in the README, and no other', () => {
    const rows = rowsOf(section(README, 'Why a build failed')).slice(2);
    const told = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, kind]) => kind));
    expect(told).toEqual([...FAILURE_KINDS]);
  });
});

describe('every limit', () => {
  it('is in the README by its name and default, and the README names no other', () => {
    const written = rowsOf(section(README, 'Limits')).join('\n');
    const named = [...written.matchAll(/`([A-Z][A-Z_]+)=(\d+)`/g)].map(
      ([, name = '', value]) => [name, value] as const,
    );
    expect(sorted(named)).toEqual(sorted([...ofStages, ...ofOneMachine]));
  });

  it('of a stage is in docs/deploy.md by its name, default and range, and nothing else is', () => {
    const rows = rowsOf(section(read('docs/deploy.md'), 'Stages')).map((row) =>
      row.split('|').map((cell) => cell.trim()),
    );
    const numbers = rows.flatMap(([, name = '', ...cells]) =>
      /^`[A-Z_]+`$/.test(name) ? [[name.slice(1, -1), ...cells.slice(0, 3).map(Number)]] : [],
    );
    const known = Object.entries(STAGE_SETTINGS).map(([name, { default: usual, min, max }]) => [name, usual, min, max]);
    expect(numbers.sort()).toEqual(known.sort());
    const others = rows.flatMap(([, name = '']) => (/^`[a-z]\w+`$/.test(name) ? [name.slice(1, -1)] : []));
    const params = Object.keys(STAGE_PARAMS.default).filter((name) => !Object.hasOwn(STAGE_SETTINGS, name));
    expect(others.sort()).toEqual(params.sort());
  });

  it('that one machine has is in its help, with its default', () => {
    for (const name of [...SETTING_NAMES, ...(Object.keys(KEPT_DAYS) as (keyof typeof KEPT_DAYS)[])]) {
      expect(HELP).toMatch(new RegExp(`^  ${name}\\s.*\\(${STAGE_SETTINGS[name].default}\\)$`, 'm'));
    }
  });

  it('can be chosen for a stage: the functions that declare it, or what is deployed beside them, get the stage’s value', () => {
    const functions = configuration.functions as Record<string, { environment: Record<string, unknown> }>;
    for (const { file, env } of FUNCTIONS) {
      const given = functions[file.split('/').at(-1) ?? '']?.environment ?? {};
      for (const name of SETTING_NAMES.filter((one) => env.includes(one)))
        expect(given[name]).toBe(`\${param:${name}}`);
    }
    const all = JSON.stringify([functions, configuration.resources]);
    for (const [name] of ofStages) expect(all).toContain(`\${param:${name}}`);
  });
});

describe('the params of a stage', () => {
  const refusalOf = (stage: string, ...args: string[]) => {
    try {
      checkStageParams(stage, args);
    } catch (error) {
      if (error instanceof BadParams) return error.message;
      throw error;
    }
    return undefined;
  };

  it.each(['dev', 'prod', 'another'])('are good for %s as they are', (stage) =>
    expect(refusalOf(stage)).toBeUndefined(),
  );

  it.each([
    ['--param', 'LEASE_SECONDS=120'],
    ['--param=LEASE_SECONDS=1', '--param', 'alarmEmail=you@example.org'],
    [
      '--param',
      'deletionPolicy=Retain',
      '--param',
      'isProtected=false',
      '--param',
      'reserve=no',
      '--param',
      'logDays=7',
    ],
    ['--region', 'eu-west-1', '--param', 'alarmEmail='],
  ])('can be given: %s', (...args) => expect(refusalOf('prod', ...args)).toBeUndefined());

  it.each([
    [['--param', 'LEASE_SECONDS=0'], 'LEASE_SECONDS must be a whole number from 1 to 86400'],
    [['--param=MAX_ATTEMPTS=21'], 'MAX_ATTEMPTS must be a whole number from 1 to 20'],
    [['--param', 'SOURCE_DAYS=1.5'], 'SOURCE_DAYS must be a whole number from 1 to 3650'],
    [['--param', 'ROUTE_RATE='], 'ROUTE_RATE must be a whole number from 1 to 100000'],
    [['--param', 'LEASE_SECOND=120'], 'LEASE_SECOND is no param: docs/deploy.md lists them'],
    [['--param', 'constructor=1'], 'constructor is no param: docs/deploy.md lists them'],
    [['--param', 'deletionPolicy=retain'], 'deletionPolicy must be one of Retain, Delete'],
    [['--param', 'isProtected=yes'], 'isProtected must be one of true, false'],
    [['--param', 'reserve=20'], 'reserve must be one of yes, no'],
    [['--param', 'logDays=8'], 'logDays must be one of 1, 3, 5,'],
    [['--param', 'alarmEmail=you'], 'alarmEmail must be an address, or nothing'],
    [['--param', 'LEASE_SECONDS'], '--param LEASE_SECONDS: must be name=value'],
    [['--param'], '--param : must be name=value'],
  ])('%j is refused by name', (args, why) => expect(refusalOf('dev', ...args)).toContain(why));

  it('are refused all at once, with the stage', () => {
    expect(refusalOf('prod', '--param', 'LEASE_SECONDS=x', '--param', 'reserve=1')).toBe(
      'Bad params of the stage prod: reserve must be one of yes, no; LEASE_SECONDS must be a whole number from 1 to 86400',
    );
  });
});
