/** SHA-256 (hex) of a definition: plain data, as JSON. */
export async function digestOf(definition: unknown): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(definition));
  return Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex');
}
