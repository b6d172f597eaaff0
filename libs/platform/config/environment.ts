/** The environment of this process: the only place that touches it (a repository test holds the rest to that). */
export function environment(): NodeJS.ProcessEnv {
  return process.env;
}
