export { forgetHome } from './forget-home';
export { startServices } from './start-services';
export type { Services, StartOptions } from './start-services';
