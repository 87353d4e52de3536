import { graphql } from 'relay-runtime';

export const marketTileProject = graphql`
  fragment marketTile_project on Project {
    slug
    name
    symbol
    price {
      price
      changePercent
    }
  }
`;

export const marketTileQuery = graphql`
  query marketTileQuery($first: Int = 20) {
    trendingProjects(first: $first) {
      ...marketTile_project
    }
  }
`;
