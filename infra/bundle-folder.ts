/** Where the bundle of a function lies; its handler is `<this>/index.handler`. */
export const bundleFolder = (file: string, outdir = 'dist') => `${outdir}/functions/${file.split('/').at(-1)}`;

/** Where the dashboard's files lie: beside the bundle of the function that sends them. */
export const PAGE_FOLDER = `${bundleFolder('api/show-dashboard')}/page`;
