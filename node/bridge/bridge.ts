import cookie from '@fastify/cookie'
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Backend } from '../backend.ts'
import { type Address, addressOf, listenHosts } from './address.ts'
import { addBundleRoute } from './bundle-route.ts'
import { makeCallers } from './caller.ts'
import { addCommandsRoute } from './commands-route.ts'
import { addDescriptionRoutes, noteRoutes } from './description-routes.ts'
import { addEventsRoute, type EventsRoute } from './events-route.ts'
import { addHeaders } from './headers.ts'
import { behindHostWall } from './host-wall.ts'
import { type Listener, openListener } from './listener.ts'
import { type LoginCodes, makeLoginCodes } from './login-codes.ts'
import { answerBadAddress, answerProblems, withoutWords } from './problem-reply.ts'
import { limitRequests } from './rate-limits.ts'
import { makeSecret } from './secret.ts'
import { addSessionRoutes } from './session-routes.ts'
import { openSessions, type Sessions } from './sessions.ts'
import { raiseSiteWall } from './site-wall.ts'
import { addStaticPage } from './static-page.ts'

export interface BridgeOptions {
  readonly backend: Backend
  /** The node's directory; the sessions are kept here. */
  readonly home: string
  /** The port wished for; the next free one is taken. 0: any. */
  readonly port: number
  /** Loopback unless told. A network address needs `allowHost`. */
  readonly host?: string
  /** The public name of an https reverse proxy in front, such as `chat.example.org`: then the only host and origin. */
  readonly allowHost?: string
  /** Where the built page lies. */
  readonly webRoot: string
  readonly version?: string
  readonly log: Logger
  readonly now?: () => number
}

export interface Bridge {
  /** The page, without a slash at the end. */
  readonly url: string
  readonly port: number
  /** The command line's bearer, made anew at every start. */
  readonly token: string
  /** The page with a fresh one-use code, which lets one browser in within ten minutes. */
  createLoginUrl(): string
  close(): Promise<void>
}

/**
 * Open the door between the node and the people at this computer: the page, commands and views, behind walls.
 *
 * Throws a plain Error for a host that must not be listened on and when no port is free. Spec: specs/bridge.md.
 */
export async function openBridge(options: BridgeOptions): Promise<Bridge> {
  const { allowHost, port, host } = options
  const listener = await openListener(listenHosts(host, allowHost), port)
  try {
    return await serveOn(listener, addressOf(listener.port, allowHost), options)
  } catch (error) {
    await listener.close()
    throw error
  }
}

async function serveOn(listener: Listener, address: Address, options: BridgeOptions): Promise<Bridge> {
  const { home, now = Date.now } = options
  const log = options.log.child({ part: 'bridge' }, { redact: redacted, serializers: { err: withoutWords } })
  const codes = makeLoginCodes(now)
  const token = makeSecret()
  let events: EventsRoute | undefined
  const sessions = await openSessions({ home, log, now, onEnd: (session) => events?.endSession(session) })

  const app = makeApp(log)
  events = await addEverything(app, { ...options, now, address, codes, sessions, token })
  await app.ready()
  listener.serve(
    behindHostWall(address, {
      request: (request, response) => app.routing(request, response),
      // The app's own server never listens; the WebSocket plugin waits for upgrades there.
      upgrade: (request, socket, head) => app.server.emit('upgrade', request, socket, head),
    }),
  )

  return {
    url: address.origin,
    port: listener.port,
    token,
    createLoginUrl: () => loginFrom(codes, address).url,
    async close() {
      events.close()
      await listener.close()
      await app.close()
      await sessions.close()
    },
  }
}

const redacted = {
  paths: ['authorization', 'cookie', 'headers', '*.authorization', '*.cookie', '*.headers'],
  remove: true,
}

function makeApp(log: Logger): FastifyInstance {
  const app = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new Fastify.LogController({ disableRequestLogging: true }),
    bodyLimit: 128 * 1_024,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    frameworkErrors: answerBadAddress,
  })
  // Leaves JSON alone, which a form of another site cannot send.
  app.removeContentTypeParser('text/plain')
  app.setValidatorCompiler(TypeBoxValidatorCompiler)
  app.setSerializerCompiler(() => JSON.stringify)
  return app
}

/** The order matters: headers first, so that refusals have them; then the walls; then what is behind them. */
async function addEverything(app: FastifyInstance, parts: Parts): Promise<EventsRoute> {
  const { address, backend, codes, now, sessions, token, webRoot, version = '0.0.0' } = parts
  const callers = makeCallers({ token, sessions, cookieName: address.cookieName })

  answerProblems(app)
  await addHeaders(app, address)
  await app.register(cookie)
  raiseSiteWall(app, address, callers)
  await limitRequests(app, callers)
  await noteRoutes(app, version)

  addSessionRoutes(app, { address, callers, codes, sessions })
  addCommandsRoute(app, { backend, callers, sessions, makeLogin: () => loginFrom(codes, address) })
  addBundleRoute(app, backend, callers)
  addDescriptionRoutes(app, callers)
  const events = await addEventsRoute(app, { backend, callers, now })
  await addStaticPage(app, webRoot)
  return events
}

interface Parts extends BridgeOptions {
  readonly now: () => number
  readonly address: Address
  readonly codes: LoginCodes
  readonly sessions: Sessions
  readonly token: string
}

/** The code travels in the fragment, which a browser sends to nobody. */
function loginFrom(codes: LoginCodes, address: Address): { url: string; expires: number } {
  const { code, expires } = codes.make()
  return { url: `${address.origin}/#/login/${code}`, expires }
}
