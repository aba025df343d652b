/** Hands the page's finding to the test that opened it; a failure is reported as its message. */
export async function report(find: () => Promise<unknown>): Promise<void> {
  const page = globalThis as { outcome?: unknown };
  try {
    page.outcome = await find();
  } catch (error) {
    page.outcome = { error: error instanceof Error ? `${error.stack}` : String(error) };
  }
}
