import { ApiRefusal } from '../aceso-client';
import { DemoError } from '../demo.errors';

/** Holds a step to its words: ends the demo with DEMO_STEP_NOT_SHOWN when what it is about to say is not so. */
export function requireShown(isShown: boolean, what: string): asserts isShown {
  if (!isShown) throw new DemoError('DEMO_STEP_NOT_SHOWN', `it is not so that ${what}`);
}

/** The refusal of an act; DEMO_STEP_NOT_SHOWN when it is done. */
export async function refusalOf(act: Promise<unknown>, what: string): Promise<ApiRefusal> {
  try {
    await act;
  } catch (error) {
    if (error instanceof ApiRefusal) return error;
    throw error;
  }
  throw new DemoError('DEMO_STEP_NOT_SHOWN', `it is not so that ${what} is refused`);
}
