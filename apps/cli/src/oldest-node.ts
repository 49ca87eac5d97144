/** The oldest Node that runs the npm package. The checkout's own `engines` is about the Node that runs npm there. */
export const OLDEST_NODE = '22.13';
