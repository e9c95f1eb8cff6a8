// First, because it orders the layers that every component's style belongs to.
import './style.css'

import { createApp } from 'vue'
import VerifierPage from './VerifierPage.vue'

createApp(VerifierPage).mount('#app')
