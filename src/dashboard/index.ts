/** Public API of 'lockstep/dashboard'. */
export { Dashboard, type DashboardControls } from './dashboard.js';
export { DEFAULT_PORT } from './port.js';
