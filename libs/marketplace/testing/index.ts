export { AGE_KEY, requestInput } from './request-input';
