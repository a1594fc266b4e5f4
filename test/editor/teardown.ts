export { default } from '../e2e/teardown';
