import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';

/** Has a handler of the source asked for a while under V8's profiler, which begins once the handler is warm. */
const [path = '', event = '{}', calls = '1', intervalUs = '200', file = ''] = process.argv.slice(2);
const { handler } = await import(path);
const context = { getRemainingTimeInMillis: () => 5_000 };
const ask = async (times: number) => {
  for (let call = 0; call < times; call++) await handler(JSON.parse(event), context);
};

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.setSamplingInterval', { interval: Number(intervalUs) });
await ask(Number(calls) / 4);
await session.post('Profiler.start');
await ask(Number(calls));
const { profile } = await session.post('Profiler.stop');
await writeFile(file, JSON.stringify(profile));
