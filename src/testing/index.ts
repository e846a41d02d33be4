export * from '#sqs-local';
