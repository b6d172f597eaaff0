export { forgetHome } from './forget-home';
export { startServices } from './start-services';
export type { Services, StartOptions, Witnessing, WitnessStart } from './start-services';
