import { createHash } from 'node:crypto';
import { bundle } from '../bundle.ts';
import { stageOf } from './framework.ts';
import { packageStage } from './package-stage.ts';
import { refuseBadParams } from './refuse-bad-params.ts';

/** `npm run package [-- --stage NAME]`: what a deployment would send, in `.serverless/`. */
const args = process.argv.slice(2);
refuseBadParams(stageOf(args), args);
await bundle();
const { digests } = await packageStage('.serverless', args);
const all = createHash('sha256').update(JSON.stringify(digests)).digest('hex');
const functions = Object.keys(digests).filter((name) => name.endsWith('.zip')).length;
console.log(`stage ${stageOf(args)}: ${functions} functions and their template in .serverless, sha256 ${all}`);
