import { createReadStream } from 'node:fs';
import type S3rver from '@20minutes/s3rver';

/** Number() of it is NaN: how a suffix range reaches `getObject`, where the size is known. */
const SUFFIX_MARK = 'suffix';

/** s3rver serves `bytes=5-9` and `bytes=5-`. These are the others: `bytes=-9`, `bytes=0-0`, and what is no range. */
export const readRange: S3rver.Middleware = async ({ req }, next) => {
  const range = req.headers.range;
  if (range !== undefined) {
    const [, start, end] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? [];
    // S3 answers the whole object to a range it cannot read.
    if (!start && !end) delete req.headers.range;
    else if (!start) req.headers.range = `bytes=${SUFFIX_MARK}-${end}`;
  }
  await next();
};

export function serveAllRanges(store: S3rver.Store): void {
  const getObject = store.getObject.bind(store);
  store.getObject = async (bucket, key, options = {}) => {
    if (Number.isNaN(options.start)) {
      const whole = await getObject(bucket, key);
      if (!whole) return null;
      whole.content?.destroy();
      return store.getObject(bucket, key, {
        start: Math.max(0, whole.size - (options.end ?? 0)),
        end: options.end === 0 ? -1 : whole.size - 1,
      });
    }
    const object = await getObject(bucket, key, options);
    // It reads an end of 0 as none.
    if (options.end === 0 && object?.content) {
      object.content.destroy();
      object.content = createReadStream(store.getResourcePath(bucket, key, 'object'), { start: 0, end: 0 });
      object.range = { start: 0, end: 0 };
    }
    return object;
  };
}
