/** How much of the model is run: little in each check, much in the soak. The one place in which that is read. */
const source = process.env;

/** 300 sequences take seconds; `MODEL_RUNS` asks for more. */
export const MODEL_RUNS = Number(source['MODEL_RUNS'] ?? 300);

/** A new one each time; `MODEL_SEED` repeats a run that failed. */
export const MODEL_SEED = Number(source['MODEL_SEED'] ?? Date.now() % 2 ** 31);
