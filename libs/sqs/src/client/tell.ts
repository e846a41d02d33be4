/** Calls a listener of the application's. One that throws is warned about, and must not end the loop that told it. */
export function tell(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error), 'SqsCeleryListenerWarning');
  }
}
