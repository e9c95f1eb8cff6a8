import { WayProblem } from './anchor-way.ts'

/** A node of Bitcoin's kind that is asked, with its wallet. */
export interface BitcoinRpc {
  /** Throws `RpcRefusal` for what the node refuses, and `WayProblem` if it does not answer. */
  call<T>(method: string, ...params: readonly unknown[]): Promise<T>
}

/** What the node itself says no to. */
export class RpcRefusal extends Error {
  override readonly name = 'RpcRefusal'
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

const timeoutMs = 30_000
const mostAnswerBytes = 16 * 2 ** 20

/** `url`: http or https, with user and password in it, and the wallet as its path where there are several. */
export function openBitcoinRpc(url: URL): BitcoinRpc {
  const { username, password } = url
  const address = new URL(url)
  address.username = ''
  address.password = ''
  const authorization = `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`
  return {
    async call<T>(method: string, ...params: readonly unknown[]): Promise<T> {
      const body = JSON.stringify({ jsonrpc: '1.0', id: 0, method, params })
      const answer = await ask(address, { authorization, connection: 'close' }, body)
      if (answer.error) throw new RpcRefusal(answer.error.code, answer.error.message)
      return answer.result as T
    },
  }
}

interface RpcAnswer {
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string } | null
}

async function ask(address: URL, headers: Record<string, string>, body: string): Promise<RpcAnswer> {
  let status = 0
  try {
    const signal = AbortSignal.timeout(timeoutMs)
    const response = await fetch(address, { method: 'POST', headers, body, signal, redirect: 'error' })
    status = response.status
    if (status !== 401 && status !== 403) return answerIn(await response.arrayBuffer())
  } catch {
    throw new WayProblem(`The node at ${address.host} does not answer.`)
  }
  throw new WayProblem(`The node at ${address.host} does not take this user and password.`)
}

function answerIn(bytes: ArrayBuffer): RpcAnswer {
  if (bytes.byteLength > mostAnswerBytes) throw new Error('too large')
  const answer: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
  if (typeof answer !== 'object' || answer === null) throw new Error('no object')
  return answer as RpcAnswer
}
