export { sqsCeleryConfig } from './sqs-celery.config.js';
