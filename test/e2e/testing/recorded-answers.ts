/** Every text that the API answers while this listens, in order; downloads stay streams. */
export function recordAnswers(): { readonly texts: string[]; stop(): void } {
  const texts: string[] = [];
  const untouched = globalThis.fetch;
  globalThis.fetch = async (...request: Parameters<typeof fetch>): Promise<Response> => {
    const response = await untouched(...request);
    if (/json|text/.test(response.headers.get('content-type') ?? '')) texts.push(await response.clone().text());
    return response;
  };
  return { texts, stop: () => (globalThis.fetch = untouched) };
}
