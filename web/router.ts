import { createRouter, createWebHashHistory, type RouteRecordRaw } from 'vue-router'
import HomeView from './views/HomeView.vue'
import JoinView from './views/JoinView.vue'
import PairView from './views/PairView.vue'
import RoomView from './views/RoomView.vue'
import VerifyView from './views/VerifyView.vue'

/** The addresses of the page. Codes and ids stay in the fragment, which no server sees. */
export const routes: RouteRecordRaw[] = [
  { path: '/', name: 'home', component: HomeView },
  { path: '/join', name: 'join-by-link', component: JoinView, props: { code: null } },
  { path: '/join/:code', name: 'join', component: JoinView, props: true },
  { path: '/pair/:code', name: 'pair', component: PairView },
  { path: '/room/:room', name: 'room', component: RoomView, props: true },
  { path: '/verify', name: 'verify', component: VerifyView, props: { room: null } },
  { path: '/verify/:room', name: 'verify-room', component: VerifyView, props: true },
  { path: '/login/:code', component: HomeView, beforeEnter: readLoginCode },
  { path: '/:rest(.*)*', redirect: '/' },
]

export const router = createRouter({ history: createWebHashHistory(), routes })

/** A login address put into a page that is open already: only a page that begins reads the code. */
function readLoginCode(): string | Promise<never> {
  if (!location.hash.startsWith('#/login/')) return '/'
  return new Promise(() => location.reload())
}
