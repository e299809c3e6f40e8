//! Every method, called by everybody: who may what, compared with a table that people can read.
//!
//! The methods come from the descriptors that the service serves, and their requests are filled in by the names of
//! their fields. So a new method is here by itself: its row is missing in the table until somebody has read it, and a
//! field that nobody has a value for leaves the method without a caller to whom it is granted, which fails.

mod call;
mod people;
mod request;
mod scene;
mod table;

use std::collections::BTreeMap;

use prost_reflect::DescriptorPool;
use roster_testkit::both;

use crate::matrix::people::EVERYBODY;
use crate::matrix::scene::Scene;
use crate::matrix::table::{assert_golden, render};

/// What comes of a call: `ok`, or the reason of the refusal.
type Outcomes = BTreeMap<String, Vec<String>>;

#[tokio::test]
async fn everybody_may_what_the_table_says() {
    both(async |kind| {
        let scene = Scene::start(kind).await;
        let mut outcomes = Outcomes::new();
        for method in methods() {
            let row = scene.row(&method).await;
            assert_eq!(row.len(), EVERYBODY.len());
            assert!(
                row.iter().any(|cell| cell == "ok"),
                "nobody at all may call {}: {row:?}",
                method.full_name()
            );
            outcomes.insert(method.full_name().to_owned(), row);
        }
        assert!(outcomes.len() > 40, "the descriptors have the methods: {}", outcomes.len());
        assert_golden(&render(&outcomes));
    })
    .await;
}

/// The methods of the contract.
fn methods() -> Vec<prost_reflect::MethodDescriptor> {
    let pool = DescriptorPool::decode(roster_proto::FILE_DESCRIPTOR_SET).expect("the descriptors are whole");
    let services: Vec<_> = pool.services().filter(|service| service.package_name() == "roster.v1").collect();
    services.iter().flat_map(prost_reflect::ServiceDescriptor::methods).collect()
}
