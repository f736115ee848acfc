import { BadParams, checkStageParams } from './stage-params.ts';

/** Ends the process, with what is wrong, if the stage cannot have its params. */
export function refuseBadParams(stage: string, args: readonly string[]): void {
  try {
    checkStageParams(stage, args);
  } catch (error) {
    if (!(error instanceof BadParams)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}
