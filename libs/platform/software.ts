/** Name and version of this build, as `package.json` has them; a test compares the two. */
export const SOFTWARE = { name: 'aceso', version: '0.1.0' } as const;
