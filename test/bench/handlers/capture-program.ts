/** Has a handler asked twice, and what the engines are asked the second time to be what they are asked each time. */
const [path = '', event = '{}', url = ''] = process.argv.slice(2);
const { handler } = await import(path);
const context = { getRemainingTimeInMillis: () => 5_000 };
await handler(JSON.parse(event), context);
await fetch(`${url}/calls`);
await handler(JSON.parse(event), context);
