/** For `beforeunload`: the browser asks whether the page may go. */
export function askBeforeLeaving(event: BeforeUnloadEvent): void {
  event.preventDefault()
}
