import { runController } from './run-controller.ts';

await runController(process.argv.slice(2));
