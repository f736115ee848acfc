/** Where the bundle of a function lies; its handler is `<this>/index.handler`. */
export const bundleFolder = (file: string, outdir = 'dist') => `${outdir}/functions/${file.split('/').at(-1)}`;
