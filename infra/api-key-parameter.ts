/** Where a stage's API key is kept: an SSM parameter of type SecureString, made by hand before the first deployment. */
export const apiKeyParameter = (stage: string) => `/buildlatch/${stage}/api-key`;

/** Where the key is kept under which signing material is encrypted: another one, made the same way. */
export const certsKeyParameter = (stage: string) => `/buildlatch/${stage}/certs-key`;
