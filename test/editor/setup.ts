export { default } from '../e2e/setup';
