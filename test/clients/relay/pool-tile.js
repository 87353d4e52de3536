import { graphql } from 'relay-runtime';

export const poolTileQuery = graphql`
  query poolTileQuery($id: ID!) {
    idoPool(id: $id) {
      name
      status
      progressPercent
      saleEnd
      project {
        name
      }
    }
  }
`;
