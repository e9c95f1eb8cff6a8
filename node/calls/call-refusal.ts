import { ProtocolError } from '../../protocol/errors.ts'
import { Problem } from '../api/problems.ts'

/** What breaks a rule of the call is told to the page as one problem. */
export function refusing<T>(make: () => T): T {
  try {
    return make()
  } catch (error) {
    throw asProblem(error)
  }
}

export function asProblem(error: unknown): unknown {
  return error instanceof ProtocolError ? new Problem('call-refused', `${error.message}.`) : error
}
