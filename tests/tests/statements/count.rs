//! Every call is counted.

use std::fmt::Write as _;

use prost_reflect::{DescriptorPool, ServiceDescriptor};

use crate::call::Call;
use crate::scene::Scene;
use crate::table::{Row, TABLE};
use crate::{log, spans};

#[tokio::test]
async fn every_call_sends_as_many_statements_as_the_table_says() {
    let mut names: Vec<_> = TABLE.iter().map(|(name, ..)| (*name).to_owned()).collect();
    names.extend(methods().into_iter().filter(|method| !has_row(method)));
    let (postgres, sqlite) = (log::count(&names).await, spans::count(&names).await);
    let measured: Vec<_> = names.iter().map(String::as_str).zip(postgres).zip(sqlite).collect();
    let measured: Vec<Row> = measured.into_iter().map(|((name, pg), lite)| (name, pg, lite)).collect();
    let differs: Vec<_> = measured.iter().filter(|row| !TABLE.contains(row)).collect();
    assert!(
        differs.is_empty(),
        "these differ from the table: {differs:?}; if that is right, here is the table anew:\n{}",
        rendered(&measured)
    );
}

#[test]
fn every_method_of_the_contract_has_a_row() {
    let missing: Vec<_> = methods().into_iter().filter(|method| !has_row(method)).collect();
    assert!(missing.is_empty(), "no row of the table of statements is about {missing:?}");
}

#[test]
fn a_batch_costs_the_same_however_many_rows_it_has() {
    for method in ["BatchAddMembers", "BatchCreateInvitations"] {
        let of_method = TABLE.iter().filter(|(name, ..)| name.starts_with(method));
        let costs: Vec<_> = of_method.map(|(_, postgres, sqlite)| (postgres, sqlite)).collect();
        assert!(costs.len() == 2 && costs[0] == costs[1], "{method} costs {costs:?}");
    }
}

impl Scene {
    /// Three calls of that row of the table: one to warm up, two to be counted.
    pub(crate) async fn three(&self, name: &str) -> [Call; 3] {
        [self.one(name).await, self.one(name).await, self.one(name).await]
    }

    async fn one(&self, name: &str) -> Call {
        if let Some(call) = self.team_call(name).await {
            return call;
        }
        let call = self.invite_call(name).await;
        call.unwrap_or_else(|| panic!("no call is written for the row {name:?}: see calls_teams.rs"))
    }
}

/// The names of the contract's methods, without their services.
fn methods() -> Vec<String> {
    let pool = DescriptorPool::decode(roster_proto::FILE_DESCRIPTOR_SET).expect("the descriptors are whole");
    let services: Vec<_> = pool.services().filter(|service| service.package_name() == "roster.v1").collect();
    let methods = services.iter().flat_map(ServiceDescriptor::methods);
    methods.map(|method| method.name().to_owned()).collect()
}

fn has_row(method: &str) -> bool {
    TABLE.iter().any(|(name, ..)| name.split(", ").next() == Some(method))
}

/// The table as it is written.
fn rendered(rows: &[Row]) -> String {
    rows.iter().fold(String::new(), |mut text, row| {
        // A string takes every text.
        let _ = writeln!(text, "    {row:?},");
        text
    })
}
