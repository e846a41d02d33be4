export { saferepr, type SafereprOptions } from './saferepr.js';
