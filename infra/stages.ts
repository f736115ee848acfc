import { STAGE_SETTING_DEFAULTS } from './stage-settings.ts';

/** What becomes of a stage's data when its stack goes, or when a change would replace what holds it. */
export interface Keeping {
  readonly deletionPolicy: string;
  readonly isProtected: boolean | string;
}

/**
 * What may differ between stages, as the framework's `params`: every stage keeps its data and protects it, but for `dev`,
 * which is there to be thrown away. Each can be given to a deployment: `--param alarmEmail=...`, `--param LEASE_SECONDS=120`;
 * `deploy/stage-params.ts` refuses what no stage can have.
 * `reserve`: a new account has 10 executions at once and lets none be set aside; ask AWS for more first.
 */
export const STAGE_PARAMS = {
  default: {
    deletionPolicy: 'Retain',
    isProtected: true,
    logDays: 90,
    alarmEmail: '',
    reserve: 'no',
    ...STAGE_SETTING_DEFAULTS,
  },
  dev: { deletionPolicy: 'Delete', isProtected: false, logDays: 14 },
  prod: { reserve: 'yes' },
} as const;

export type ParamName = keyof (typeof STAGE_PARAMS)['default'];

/** The framework puts the stage's value in. */
export const param = (name: ParamName) => `\${param:${name}}`;

/** The framework puts the stage in: `dev` unless `--stage` says otherwise. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: the framework's own placeholder
export const STAGE = '${sls:stage}';

export const KEEPING: Keeping = { deletionPolicy: param('deletionPolicy'), isProtected: param('isProtected') };
