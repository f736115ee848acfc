import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CelEngine, TemplateFile } from '@aws/cloudformation-validate';
import { bundle } from '../bundle.ts';
import { commonEnvironment } from '../deployment.ts';
import { FUNCTIONS } from '../functions.ts';
import { packageStage } from './package-stage.ts';
import { brokenRules, TEMPLATE_RULES, type Template } from './template-rules.ts';

/**
 * `npm run check:template`: packages `dev` twice and `prod` once, offline, and looks at the templates. Fails if the two are
 * not the same bytes, if AWS would refuse a template, or if one of our own rules is broken.
 */

const TEMPLATE = 'cloudformation-template-update-stack.json';

/** W3005: the framework says twice what waits for what. W8003: conditions over `params` are decided when packaging. */
const OF_THE_FRAMEWORK = ['W3005', 'W8003'];

const problems: string[] = [];
const outdir = await mkdtemp(join(tmpdir(), 'buildlatch-package-'));
try {
  await bundle();
  const first = await packageStage(join(outdir, 'first'), ['--stage', 'dev']);
  const again = await packageStage(join(outdir, 'again'), ['--stage', 'dev']);
  const prod = await packageStage(join(outdir, 'prod'), ['--stage', 'prod']);
  for (const [name, digest] of Object.entries(first.digests)) {
    if (again.digests[name] !== digest) problems.push(`${name} is not the same bytes when packaged again`);
  }
  problems.push(...broken('dev', first.folder), ...broken('prod', prod.folder));
  problems.push(...refused('dev', first.folder), ...refused('prod', prod.folder));
  for (const problem of problems) console.error(problem);
  const files = Object.keys(first.digests).length;
  const counted = `${files} files twice the same, 2 templates, ${TEMPLATE_RULES.length} rules of ours`;
  console.log(problems.length === 0 ? `template: ${counted}: nothing to say` : `template: ${problems.length} problems`);
} finally {
  await rm(outdir, { recursive: true, force: true });
}
process.exitCode = problems.length === 0 ? 0 : 1;

function broken(stage: string, folder: string): string[] {
  const template: Template = JSON.parse(readFileSync(join(folder, TEMPLATE), 'utf8'));
  const functions = FUNCTIONS.map(({ file, env }) => [`buildlatch-${stage}-${file.split('/').at(-1)}`, env] as const);
  const commonVariables = Object.keys(commonEnvironment(stage));
  const deployed = { functions: Object.fromEntries(functions), commonVariables, keepsData: stage !== 'dev' };
  return brokenRules(template, deployed).map((problem) => `${stage}: ${problem}`);
}

/** What AWS's own schemas and rules say, without asking AWS. */
function refused(stage: string, folder: string): string[] {
  const engine = new CelEngine();
  try {
    const config = { severityLevel: 'WARN' as const, exclude: { ids: OF_THE_FRAMEWORK } };
    const { diagnostics } = engine.validateStandard(new TemplateFile(join(folder, TEMPLATE)), config);
    return diagnostics.map(({ ruleId, message, entity }) => `${stage}: ${entity?.logicalId}: ${ruleId} ${message}`);
  } finally {
    engine.free();
  }
}
